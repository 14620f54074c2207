/** React hooks over the client; they hold no state that it does not have. */
export { useSession } from "./use-session.ts";
export { type UseWebSocketOptions, useWebSocket, type WebSocketHandle } from "./use-web-socket.ts";
export { useWebSocketHeartbeat } from "./use-web-socket-heartbeat.ts";
