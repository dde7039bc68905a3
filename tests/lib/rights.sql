-- What core's accounts may do, and which migrations have run: the end of every comparison of
-- two schemas.
SELECT grantee, privilege_type FROM information_schema.user_privileges
	WHERE grantee LIKE '_kreide%' ORDER BY 1, 2;
SELECT grantee, table_schema, privilege_type FROM information_schema.schema_privileges
	WHERE table_schema LIKE 'kreide%' ORDER BY 1, 2, 3;
SELECT grantee, table_schema, table_name, privilege_type
	FROM information_schema.table_privileges WHERE table_schema LIKE 'kreide%'
	ORDER BY 1, 2, 3, 4;
SELECT grantee, table_schema, table_name, column_name, privilege_type
	FROM information_schema.column_privileges WHERE table_schema LIKE 'kreide%'
	ORDER BY 1, 2, 3, 4, 5;
SELECT owner, number, name, HEX(digest), done IS NOT NULL FROM kreide.core_migration
	ORDER BY 1, 2;
