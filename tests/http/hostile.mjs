/* Hostile FastCGI records on the page socket while pages are served: each may cost its own
   connection, never a worker, and nobody's time. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { pagesWhile } from "./meanwhile.mjs";
import { home, pidsOf, slow, workersAnew } from "./world.mjs";

const here = dirname(fileURLToPath(import.meta.url));

export default async function (tally) {
	await workersAnew(["page"]);
	const workers = String(pidsOf("page"));
	const { seen, longest } = await pagesWhile(tally, join(here, "abuse.mjs"), join(home, "run/web-page.sock"));
	tally.check(seen[200] > 5, `only ${seen[200]} pages were served meanwhile`);
	tally.check(Object.keys(seen).length === 1, `pages meanwhile: ${JSON.stringify(seen)}`);
	tally.check(longest < 2000 * slow, `a page took ${Math.round(longest)} ms meanwhile`);
	tally.check(String(pidsOf("page")) === workers, `workers ${workers} became ${pidsOf("page")}`);
	tally.note(`hostile: ${seen[200]} pages served meanwhile, the slowest in ${Math.round(longest)} ms`);
}
