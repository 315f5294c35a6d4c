/** What happened, in the bar on top: successes, and errors with their code and request id. */
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from "react";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import type { FlashbarProps } from "@cloudscape-design/components/flashbar";
import Link from "@cloudscape-design/components/link";
import { failure, type Failure } from "../api/errors";
import { href } from "../router";
import { t } from "../i18n";

interface Notifications {
  items: FlashbarProps.MessageDefinition[];
  success: (text: ReactNode) => void;
  /** A success that can be taken back; it stays until it is dismissed. */
  undoable: (text: string, undo: () => Promise<string>) => void;
  error: (error: unknown, header?: string) => void;
  clear: () => void;
}

const Context = createContext<Notifications | null>(null);
const MOST = 5;
/** Successes go away by themselves, errors do not. */
const SUCCESS_MILLIS = 12_000;
let nextId = 0;

export function FailureText({ failure: { message, status, requestId } }: { failure: Failure }) {
  return (
    <>
      <div className="break">{message}</div>
      {(status || requestId) && (
        <Box fontSize="body-s" color="inherit">
          {status ? `HTTP ${status}` : ""} {requestId ? `${t.errors.requestId} ${requestId} · ` : ""}
          {requestId && (
            <Link href={href(["why"], { id: requestId })} color="inverted" fontSize="body-s">
              {t.errors.why}
            </Link>
          )}
        </Box>
      )}
    </>
  );
}

export function NotificationsProvider({ children }: { children: ReactNode }) {
  const [items, setItems] = useState<FlashbarProps.MessageDefinition[]>([]);
  const add = useCallback((item: FlashbarProps.MessageDefinition) => {
    const id = String(nextId++);
    const dismiss = () => setItems((all) => all.filter((other) => other.id !== id));
    const shown = { ...item, id, dismissible: true, dismissLabel: t.common.dismiss, onDismiss: dismiss };
    setItems((all) => [shown, ...all].slice(0, MOST));
    if (item.type === "success" && !item.action) setTimeout(dismiss, SUCCESS_MILLIS);
    return dismiss;
  }, []);
  const value = useMemo<Notifications>(() => {
    const fail = (error: unknown, header?: string) => {
      const known = failure(error);
      add({ type: "error", header: header ? `${header}: ${known.code}` : known.code, content: <FailureText failure={known} /> });
    };
    return {
      items,
      success: (content) => void add({ type: "success", content }),
      undoable: (content, undo) => {
        const back = () => {
          dismiss();
          undo().then((text) => add({ type: "success", content: text }), fail);
        };
        const dismiss = add({ type: "success", content, action: <Button onClick={back}>{t.common.undo}</Button> });
      },
      error: fail,
      clear: () => setItems([]),
    };
  }, [items, add]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useNotifications(): Notifications {
  const context = useContext(Context);
  if (!context) throw new Error("no notifications here");
  return context;
}
