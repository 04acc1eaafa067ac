"""GEOVL: chips of SAR scenes with what maps know of the ground they show."""
