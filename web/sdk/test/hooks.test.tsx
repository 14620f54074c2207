// @vitest-environment jsdom
import { act, cleanup, render, screen } from "@testing-library/react";
import { StrictMode } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { type Client, createClient } from "../src/index.ts";
import { type UseWebSocketOptions, useSession, useWebSocket, useWebSocketHeartbeat } from "../src/react/index.ts";
import { answer, FakeSocket, problem, tokens } from "./rig.ts";

afterEach(() => {
  cleanup();
  FakeSocket.all = [];
  vi.unstubAllGlobals();
});

function newClient(): Client {
  vi.stubGlobal("WebSocket", FakeSocket);
  const client = createClient({
    baseUrl: "https://auth.example.org",
    delivery: "body",
    fetch: async (input, init) =>
      new Request(input, init).url.endsWith("ticket")
        ? answer({ ticket: "t", expires_in: 30 })
        : problem(401, "invalid_token"),
  });
  client.session.accept(tokens("a1", { refresh_token: "r1" }));
  return client;
}

function View({ client, options }: { client: Client; options?: UseWebSocketOptions }) {
  const socket = useWebSocket(client, options);
  const beat = useWebSocketHeartbeat(socket.connection);
  return <p>{`${useSession(client)} ${socket.state} ${beat.state}`}</p>;
}

/** Lets promises and effects settle. */
const settle = () => act(() => new Promise((resolve) => setTimeout(resolve, 0)));

const shown = () => screen.getByRole("paragraph").textContent;

test("the state, the heartbeat and the session are shown as they change", async () => {
  const client = newClient();
  render(<View client={client} />);
  await settle();
  expect(shown()).toBe("signed_in connecting unknown");
  act(() => FakeSocket.last.welcome());
  expect(shown()).toBe("signed_in open alive");
  await act(() => client.session.clear());
  expect(shown()).toBe("signed_out closed alive");
});

test("a component that is mounted twice over holds one socket", async () => {
  render(
    <StrictMode>
      <View client={newClient()} />
    </StrictMode>,
  );
  await settle();
  expect(FakeSocket.all.filter((s) => s.closedWith === undefined)).toHaveLength(1);
});

test("unmounting closes the socket", async () => {
  const { unmount } = render(<View client={newClient()} />);
  await settle();
  act(() => FakeSocket.last.welcome());
  unmount();
  expect(FakeSocket.last.closedWith).toBe(1000);
});

test("while it is not enabled nothing is opened", async () => {
  const client = newClient();
  const { rerender } = render(<View client={client} options={{ enabled: false }} />);
  await settle();
  expect(FakeSocket.all).toHaveLength(0);
  rerender(<View client={client} options={{ enabled: true }} />);
  await settle();
  expect(FakeSocket.all).toHaveLength(1);
});

test("topics follow the options, and the newest listener hears", async () => {
  const client = newClient();
  const [first, second] = [vi.fn(), vi.fn()];
  const { rerender } = render(<View client={client} options={{ topics: { "news/a": undefined }, onEvent: first }} />);
  await settle();
  act(() => FakeSocket.last.welcome());
  rerender(<View client={client} options={{ topics: { "news/b": "spg_x" }, onEvent: second }} />);
  act(() => FakeSocket.last.frame({ type: "event", id: "1", name: "n" }));
  expect(FakeSocket.last.sent.filter((f) => f.type !== "ping")).toEqual([
    { type: "subscribe", topic: "news/a" },
    { type: "unsubscribe", topic: "news/a" },
    { type: "subscribe", topic: "news/b", grant: "spg_x" },
  ]);
  expect([first.mock.calls.length, second.mock.calls.length]).toEqual([0, 1]);
});
