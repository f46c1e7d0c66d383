"""Lying and breaking drives, real servers, generated firms: for tests and the demonstration; the product never imports it."""
