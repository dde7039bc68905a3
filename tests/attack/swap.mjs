/* What both use who change things that are not theirs: routes filled with good input, and
   whose rows have changed. */
import * as facts from "../http/facts.mjs";
import { group, sql } from "../http/world.mjs";

const future = new Date(Date.now() + 9 * 86400000).toISOString();
async function valueOf(f) {
	switch (f.type) {
	case "b": return "1";
	case "i": case "I": case "p": return String(Math.max(f.min, 1));
	case "d": return future.slice(0, 10);
	case "t": return future.slice(0, 16);
	case "c": return f.choices[0];
	case "g": return String(await group("7b"));
	case "a": return "all";
	case "f": return undefined;
	default: return "Angriff".repeat(Math.ceil(Math.max(f.min, 1) / 7));
	}
}

/* Input that the types and facts.mjs call good. */
export async function inputOf(r, p) {
	const out = {};
	for (const f of r.fields) if (f.required || f.name === "rev") out[f.name] = await valueOf(f);
	return { ...out, ...(await facts.input[`${r.method} ${r.path}`]?.(p) ?? {}) };
}

/* The column that says whose a row is; tables without one hold nothing of persons, or say
   by what they hang on whose they are. */
const owners = { "kreide.core_person": "id", "kreide.core_guardian": "parent_id", "kreide_auth.attempt": null,
	"kreide.core_attachment": null, "kreide.core_outbox": null, "kreide.core_epoch": null,
	/* To whom something is addressed: for everybody who belongs to it a line. */
	"kreide.core_audience": null, "kreide.core_audience_part": null, "kreide.core_my_audience": null,
	/* What somebody may do, compiled anew at their next request. */
	"kreide.core_person_right": null, "kreide.core_notice": "actor_id" };
/* A hand-in is its pupil's, and its task's owner answers it. */
const hers = "(SELECT IF(k.owner_id = :me, :me, person_id) FROM kreide.tasks_task k WHERE k.id = task_id)";
const names = ["person_id", "owner_id", "author_id", "keeper_id", "actor_id"];

/* Rows of others that differ from the snapshot: [table, row]. */
export async function foreign(snapshot, me) {
	const out = [];
	for (const table of await snapshot.changed()) {
		const columns = snapshot.tables.get(table), own = table in owners ? owners[table] : names.find((n) => columns.includes(n));
		if (own === null) continue;
		const list = columns.map((c) => `\`${c}\``).join(", "), copy = snapshot.copy(table);
		const key = table === "kreide.tasks_submission" ? hers.replaceAll(":me", me) : own === undefined ? "'?'" : `\`${own}\``;
		const rows = await sql(`SELECT ${key} FROM (SELECT ${list} FROM ${table} EXCEPT SELECT ${list} FROM ${copy}) a
			UNION SELECT ${key} FROM (SELECT ${list} FROM ${copy} EXCEPT SELECT ${list} FROM ${table}) b`);
		for (const [who] of rows) if (who !== String(me)) out.push(`${table} of ${who}`);
	}
	return out;
}
