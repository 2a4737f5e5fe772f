// How GraphiQL reaches the server: queries and mutations by POST, subscriptions by graphql-transport-ws.

function kindOf(document, name) {
  const operations = (document?.definitions ?? []).filter(({ kind }) => kind === "OperationDefinition");
  const chosen = name ? operations.find((operation) => operation.name?.value === name) : operations[0];
  return chosen?.operation ?? "query";
}

export function fetcherFor(session) {
  return (params, options) =>
    kindOf(options?.documentAST, params.operationName) === "subscription"
      ? subscribe(session, params)
      : post(session, params);
}

async function post(session, params) {
  const token = await session.token();
  const headers = { "content-type": "application/json", accept: "application/graphql-response+json" };
  if (token) headers.authorization = `Bearer ${token}`;
  const response = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify(params) });
  return response.json();
}

/** An observable: GraphiQL shows each result as it comes, and unsubscribes when it is stopped. */
function subscribe(session, params) {
  return {
    subscribe(observer) {
      let socket = null;
      let ended = false;
      const end = (error) => {
        if (ended) return;
        ended = true;
        if (error) observer.error(error); else observer.complete();
        socket?.close(1000);
      };
      session.token().then((token) => {
        if (ended) return;
        socket = connect(token, params, observer, end);
      }, end);
      return {
        unsubscribe() {
          ended = true;
          if (socket?.readyState === WebSocket.OPEN) {
            socket.send(JSON.stringify({ id: "1", type: "complete" }));
          }
          socket?.close(1000);
        },
      };
    },
  };
}

function connect(token, params, observer, end) {
  const url = new URL("/graphql", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new WebSocket(url, "graphql-transport-ws");
  const send = (message) => socket.send(JSON.stringify(message));
  const answers = {
    connection_ack: () => send({ id: "1", type: "subscribe", payload: params }),
    ping: () => send({ type: "pong" }),
    pong: () => {},
    next: ({ payload }) => observer.next(payload),
    error: ({ payload }) => {
      observer.next({ errors: payload });
      end();
    },
    complete: () => end(),
  };
  socket.addEventListener("open", () => {
    send({ type: "connection_init", payload: token ? { authorization: `Bearer ${token}` } : {} });
  });
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data);
    answers[message.type]?.(message);
  });
  socket.addEventListener("close", ({ code, reason }) => {
    end(new Error(`The connection was closed: ${code} ${reason}`.trim()));
  });
  return socket;
}
