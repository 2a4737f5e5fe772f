// Talks to a server with the clients graphql-ws and graphql-sse, as applications do:
//
//   node graphql-ws.mjs URL [TOKEN] [--query=…] [--mutation=…] [--subscription=…] [--origin=…]
//
// URL is the HTTP one of /graphql. Each document given is run and must bring data; a
// subscription must bring at least one result (it is stopped after three).
import assert from 'node:assert/strict';
import { createClient, CloseCode } from 'graphql-ws';
import { createClient as createEventSource } from 'graphql-sse';
import WebSocket from 'ws';

const { positional, options } = parse(process.argv.slice(2));
const [url, token] = positional;
if (!url) {
  console.error('usage: node graphql-ws.mjs URL [TOKEN] [--query=…] [--mutation=…] [--subscription=…]');
  process.exit(2);
}
const socketUrl = url.replace(/^http/, 'ws');
const query = options.query ?? '{ __typename }';

function parse(args) {
  const positional = args.filter((arg) => !arg.startsWith('--'));
  const options = Object.fromEntries(
    args
      .filter((arg) => arg.startsWith('--'))
      .map((arg) => {
        const [, name, value] = /^--([a-z]+)=(.*)$/s.exec(arg) ?? [];
        return [name, value];
      }),
  );
  return { positional, options };
}

class OriginSocket extends WebSocket {
  constructor(address, protocols) {
    super(address, protocols, { origin: options.origin });
  }
}

function client(settings = {}) {
  return createClient({
    url: socketUrl,
    webSocketImpl: options.origin ? OriginSocket : WebSocket,
    connectionParams: token ? { authorization: `Bearer ${token}` } : undefined,
    retryAttempts: 0,
    ...settings,
  });
}

/** Collects what an operation brings, up to three results. */
async function run(connection, document) {
  const results = [];
  for await (const result of connection.iterate({ query: document })) {
    assert.equal(result.errors, undefined, JSON.stringify(result.errors));
    results.push(result.data);
    if (results.length === 3) break;
  }
  assert.ok(results.length > 0, `${document} brought nothing`);
  return results;
}

async function closeEventOf(connection, document = query) {
  try {
    await run(connection, document);
  } catch (event) {
    return event;
  }
  throw new assert.AssertionError({ message: 'the connection was expected to be closed' });
}

const checks = {
  async 'a query over WebSocket'() {
    const connection = client();
    const [data] = await run(connection, query);
    assert.ok(data);
    await connection.dispose();
  },

  async 'a mutation over WebSocket'() {
    if (!options.mutation) return 'not given';
    const connection = client();
    await run(connection, options.mutation);
    await connection.dispose();
  },

  async 'a subscription over WebSocket'() {
    if (!options.subscription) return 'not given';
    const connection = client();
    await run(connection, options.subscription);
    await connection.dispose();
  },

  async 'many operations on one connection'() {
    const connection = client({ lazy: false });
    const all = await Promise.all(Array.from({ length: 20 }, () => run(connection, query)));
    assert.equal(all.length, 20);
    await connection.dispose();
  },

  async 'a refused document as an error'() {
    const connection = client();
    const errors = await closeEventOf(connection, '{ surelyNoSuchField }');
    assert.ok(Array.isArray(errors), String(errors));
    assert.equal(errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
    await connection.dispose();
  },

  async 'a wrong token'() {
    const connection = client({ connectionParams: { authorization: 'Bearer wrong' } });
    const event = await closeEventOf(connection);
    assert.equal(event.code, CloseCode.Forbidden);
  },

  async 'a reconnection after the socket is lost'() {
    let sockets = 0;
    let lose;
    const connection = client({
      retryAttempts: 3,
      retryWait: async () => {},
      shouldRetry: () => true,
      on: {
        connected: (socket) => {
          sockets += 1;
          if (sockets === 1) lose = () => socket.terminate();
        },
      },
      lazy: false,
    });
    await run(connection, query);
    lose();
    await run(connection, query);
    assert.equal(sockets, 2);
    await connection.dispose();
  },

  async 'a wrong subprotocol'() {
    const code = await closeCode(new WebSocket(socketUrl, 'graphql-ws', { origin: options.origin }));
    assert.equal(code, CloseCode.SubprotocolNotAcceptable);
  },

  async 'a foreign origin'() {
    const socket = new WebSocket(socketUrl, 'graphql-transport-ws', {
      origin: 'https://evil.example',
    });
    const status = await new Promise((resolve, reject) => {
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
      socket.on('open', () => reject(new Error('it was let in')));
      socket.on('error', reject);
    });
    assert.equal(status, 403);
  },

  async 'operations over event streams'() {
    const connection = createEventSource({
      url,
      headers: token ? { authorization: `Bearer ${token}` } : {},
      retryAttempts: 0,
    });
    await run(connection, query);
    if (options.subscription) await run(connection, options.subscription);
    connection.dispose();
  },
};

function closeCode(socket) {
  return new Promise((resolve) => {
    socket.on('close', resolve);
    // The library objects to the missing subprotocol as well.
    socket.on('error', () => {});
  });
}

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    const skipped = await check();
    console.log(`${skipped ? `skipped (${skipped})` : 'ok'}: ${name}`);
  } catch (error) {
    failed += 1;
    console.error(`failed: ${name}:`, error);
  }
}
process.exit(failed === 0 ? 0 : 1);
