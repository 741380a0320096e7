"""Schedules for the report: systemd timers, cron lines, CI workflows, and the lock."""
