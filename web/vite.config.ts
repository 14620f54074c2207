import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  publicDir: "start",
  resolve: { conditions: ["source", "module", "browser", "development|production"] },
  ssr: { resolve: { conditions: ["source", "module", "node", "development|production"] } }, // as tests resolve
  build: {
    outDir: "dist",
    emptyOutDir: false, // the Makefile empties it and keeps .gitkeep
    target: "es2022",
    assetsInlineLimit: 0, // the content policy allows no data: addresses
    rollupOptions: {
      input: [
        "sign-in.html",
        "sign-up.html",
        "forgot-password.html",
        "account.html",
        "administration.html",
        "demo.html",
      ],
    },
  },
  test: {
    include: ["sdk/test/**/*.test.{ts,tsx}", "src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
});
