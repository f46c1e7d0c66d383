"""Who uses the drive: people, departments, groups, guests, their accounts and tokens."""
