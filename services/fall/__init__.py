"""The case side: Fall, Fallakte, Einwilligung, Übergabe, partners (design section 5). Use cases and their read models."""
