"""WeChat Pay as a provider of payments."""
