"""Consumers: who follows the rooms' log with a cursor for each room."""
