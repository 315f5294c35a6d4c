import "@cloudscape-design/global-styles/index.css";
import "./console.css";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { applyMode } from "./components/mode";

applyMode();
const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
