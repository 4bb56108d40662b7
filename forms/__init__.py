"""form-js documents: marshmallow schemas for validation and view models for the page."""
