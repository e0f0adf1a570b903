"""The machinery that kills ingesters while logs are written, and counts afterwards."""
