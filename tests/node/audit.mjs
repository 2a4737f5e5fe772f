// Runs the server audits of graphql-http: node audit.mjs URL
// Every one has to pass, whether it says MUST, SHOULD or MAY.
import { auditServer } from 'graphql-http';

const [url] = process.argv.slice(2);
if (!url) {
  console.error('usage: node audit.mjs URL');
  process.exit(2);
}

const results = await auditServer({ url });
const failures = results.filter((result) => result.status !== 'ok');
for (const { id, name, status, reason } of failures) {
  console.error(`${status} ${id} ${name}: ${reason}`);
}
console.log(`${results.length - failures.length} of ${results.length} audits pass`);
process.exit(failures.length === 0 && results.length >= 61 ? 0 : 1);
