"""The network level: what is gathered across cases, without anybody who reads it learning about a person."""
