/* The tables as they were after the last deed: what has been written to since. */
import { sql } from "../http/world.mjs";

/* Rows of these come and go behind any request, each with its reason. */
const free = new Set([
	"kreide.core_session", /* "last seen", at most every five minutes */
	"kreide.core_notice", /* looking at the notices is reading them */
	"kreide.core_unread", /* and whoever has read everything needs no counting */
	"kreide.tasks_submission", /* opening the task is reading the feedback: see `seen` */
	"kreide.core_person_right", /* rights are compiled again when an epoch has moved */
]);

export class Watch {
	async begin() {
		this.tables = (await sql(`SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables
			WHERE table_type = 'BASE TABLE' AND table_schema IN ('kreide', 'kreide_auth', 'kreide_audit')`)).map(([t]) => t);
		this.sums = await this.now();
		return this;
	}
	/* Checksums; of the hand-ins without the note that feedback was seen. */
	async now() {
		const sums = new Map(await sql(`CHECKSUM TABLE ${this.tables.join(", ")}`));
		const [[work]] = await sql(`SELECT CONCAT(COUNT(*), ' ', IFNULL(BIT_XOR(CRC32(CONCAT_WS('#', id, rev, task_id, person_id, body,
			IFNULL(handed_in, ''), feedback, changed))), 0)) FROM tasks_submission`);
		sums.set("kreide.tasks_submission, but for what was seen", work);
		return sums;
	}
	/* Names of tables that have changed since the last call; `judged`: without the free ones. */
	async changed(judged) {
		const now = await this.now(), list = [...now].filter(([t, sum]) => sum !== this.sums.get(t)).map(([t]) => t);
		this.sums = now;
		return judged ? list.filter((t) => !free.has(t)) : list;
	}
}
