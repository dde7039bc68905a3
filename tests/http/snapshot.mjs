/* The whole database as it was: what a request has changed is found and undone. */
import { sql } from "./world.mjs";

/* Columns that may change behind a GET, each with its reason; the rest of the row may not.
   "*": the row may go. */
const free = {
	"kreide.core_session": ["seen"], /* "last seen", at most every five minutes, after the answer */
	"kreide.core_notice": ["read_at"], /* looking at the notices is reading them */
	"kreide.core_unread": ["*"], /* whoever turns out to have read everything needs no counting */
	"kreide.tasks_submission": ["feedback_seen"], /* opening the task is reading the feedback */
};

export class Snapshot {
	constructor(name = "kr_test_snapshot") {
		this.store = name;
	}
	/* columns: without generated ones, which cannot be written. */
	async take() {
		const rows = await sql(`SELECT c.table_schema, c.table_name, c.column_name FROM information_schema.columns c
			JOIN information_schema.tables t USING (table_schema, table_name)
			WHERE t.table_type = 'BASE TABLE' AND c.table_schema IN ('kreide', 'kreide_auth', 'kreide_audit')
			AND c.extra NOT LIKE '%GENERATED%' ORDER BY 1, 2, c.ordinal_position`);
		this.tables = new Map();
		for (const [schema, table, column] of rows) {
			const name = `${schema}.${table}`;
			this.tables.set(name, [...(this.tables.get(name) ?? []), column]);
		}
		await sql(`DROP DATABASE IF EXISTS ${this.store}`);
		await sql(`CREATE DATABASE ${this.store}`);
		for (const [name, columns] of this.tables) {
			await sql(`CREATE TABLE ${this.copy(name)} LIKE ${name}`);
			await sql(`INSERT INTO ${this.copy(name)} (${list(columns)}) SELECT ${list(columns)} FROM ${name}`);
		}
		this.sums = await this.checksums();
		return this;
	}
	copy(name) {
		return `${this.store}.${name.replace(".", "__")}`;
	}
	/* Of every table its checksum. */
	async checksums() {
		return new Map(await sql(`CHECKSUM TABLE ${[...this.tables.keys()].join(", ")}`));
	}
	async changed() {
		const now = await this.checksums();
		return [...now].filter(([name, sum]) => sum !== this.sums.get(name)).map(([name]) => name);
	}
	/* As `changed`, but for the columns that a GET may touch. */
	async changedByReading() {
		const list = [];
		for (const name of (await this.changed()).filter((n) => !free[n]?.includes("*"))) {
			const columns = this.tables.get(name).filter((c) => !(free[name] ?? []).includes(c));
			const [[a], [b]] = await sql([name, this.copy(name)].map((t) => `SELECT CONCAT(COUNT(*), ' ',
				IFNULL(BIT_XOR(CRC32(CONCAT_WS('#', ${columns.map((c) => `IFNULL(HEX(\`${c}\`), 'NULL')`).join(", ")}))), 0))
				FROM ${t}`).join(" UNION ALL "));
			if (a !== b) list.push(name);
		}
		return list;
	}
	async restore() {
		const names = await this.changed();
		if (names.length > 0)
			await sql(`SET foreign_key_checks = 0; START TRANSACTION; ${names.map((name) => `DELETE FROM ${name};
				INSERT INTO ${name} (${list(this.tables.get(name))}) SELECT ${list(this.tables.get(name))}
				FROM ${this.copy(name)}`).join("; ")}; COMMIT`);
		return names;
	}
	drop() {
		return sql(`DROP DATABASE IF EXISTS ${this.store}`);
	}
}
const list = (columns) => columns.map((c) => `\`${c}\``).join(", ");

/* Rows written since the server started, by anybody: equal before and after means that
   nothing was written in between, not even to be taken back. */
export async function writes() {
	const rows = await sql(`SHOW GLOBAL STATUS WHERE Variable_name IN ('Handler_write', 'Handler_update', 'Handler_delete')`);
	return rows.map(([, n]) => n).join(" ");
}
