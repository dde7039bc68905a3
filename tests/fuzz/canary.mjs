/* Rows that belong to somebody, each with a word that stands nowhere else and the people
   who may ever read it; and whether a page shows one to another. */
import { group, people, sql } from "../http/world.mjs";

const times = "UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)";
const insert = async (text) => Number((await sql(`${text}; SELECT LAST_INSERT_ID()`))[0][0]);
const canaries = [];

/* As text in a page the word may be broken by nothing: letters and digits only. */
function word(name, readers) {
	const text = `Kanarie${name}${canaries.length}q`;
	canaries.push({ text, readers: new Set(readers) });
	return text;
}

async function classWork(name, teacher, pupil) {
	const task = await insert(`INSERT INTO tasks_task (rev, title, body, group_id, due, owner_id, created, changed) VALUES
		(1, '${word(`Titel${name}`, [teacher, pupil])}', '${word(`Text${name}`, [teacher, pupil])}', ${await group(name)},
		UTC_TIMESTAMP() + INTERVAL 9 DAY, ${people[teacher].id}, ${times})`);
	const submission = await insert(`INSERT INTO tasks_submission (rev, task_id, person_id, body, handed_in, feedback, created,
		changed) VALUES (1, ${task}, ${people[pupil].id}, '${word(`Abgabe${name}`, [teacher, pupil])}', UTC_TIMESTAMP(6),
		'${word(`Note${name}`, [teacher, pupil])}', ${times})`);
	return [{ id: task, owner: teacher, class: name, task }, { id: submission, owner: teacher, class: name, task, pupil }];
}

/* News for teachers, and news of tomorrow; the office and the administration tidy up and see
   all of them. */
async function news() {
	const part = await sql("SELECT audience_id FROM core_audience_part WHERE kind = 'roles' AND ref = 2 LIMIT 1");
	const having = (roles) => Object.values(people).filter((p) => (p.roles & roles) !== 0).map((p) => p.name);
	const row = (text, starts) => insert(`INSERT INTO news_item (rev, title, category, body, audience_id, starts, author_id,
		created, changed) VALUES (1, '${text}', 'general', '${text}', ${part[0][0]}, ${starts}, ${people.staff.id}, ${times})`);
	await row(word("Kollegium", having(2 | 8 | 16)), "NULL");
	await row(word("Morgen", having(8 | 16)), "UTC_TIMESTAMP() + INTERVAL 1 DAY");
}

/* A notice and a browser of everybody; `lists` takes the rows as further objects. */
export async function plant(lists) {
	for (const [name, teacher, pupil] of [["7b", "teacher", "pupil"], ["7c", "colleague", "pupil7c"]]) {
		const [task, submission] = await classWork(name, teacher, pupil);
		lists.tasks_task.push(task);
		lists.tasks_submission.push(submission);
	}
	await news();
	for (const p of Object.values(people).filter((x) => x.id !== 0)) {
		await sql(`INSERT INTO core_notice (person_id, module, text_key, args, href, batch, created) VALUES (${p.id}, 'core',
			'core.${word("Notiz", [p.name])}', '[]', '/start', 0, UTC_TIMESTAMP(6))`);
		await sql(`INSERT IGNORE INTO core_unread (person_id) VALUES (${p.id})`);
		await sql(`UPDATE core_session SET agent = '${word("Geraet", [p.name])}' WHERE person_id = ${p.id}`);
	}
	return canaries.length;
}

/* The first word that this person must not read. */
export const foreign = (text, who) => canaries.find((c) => !c.readers.has(who) && text.includes(c.text))?.text;
/* How many are seen by those who may: a canary that nobody ever sees would prove nothing. */
const met = new Set();
export function note(text) {
	for (const c of canaries) if (text.includes(c.text)) met.add(c.text);
	return met.size;
}
