INSERT IGNORE INTO core_epoch (name, value) VALUES ('rights', 1), ('settings', 1);
