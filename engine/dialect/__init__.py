"""From XML to specs, one module per family of elements; ``scope`` holds the two passes."""
