"""Records as objects: files below a folder that stands for a bucket."""
