"""What alerts and reports tell: figures of the pages and whole pages, without a browser."""
