"""The platform of WeChat: who signs in there, and the token of its server interface."""
