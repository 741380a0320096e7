"""What an audit amounts to: frozen values that every medium renders."""
