"""Runs the report regularly: systemd timers, cron lines, CI workflows; it removes only its own."""
