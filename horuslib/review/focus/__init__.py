"""A focused fine-tune for people: its first page, its panel of tags, its findings in words."""
