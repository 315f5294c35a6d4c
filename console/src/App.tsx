import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from "react";
import { I18nProvider } from "@cloudscape-design/components/i18n";
import messages from "@cloudscape-design/components/i18n/messages/all.en";
import Spinner from "@cloudscape-design/components/spinner";
import { expire, snapshot, subscribe, touch } from "./api/session";
import { NotificationsProvider } from "./components/notifications";
import { SignIn } from "./pages/sign-in/SignIn";

const Shell = lazy(() => import("./components/Shell"));
const LOOK_MILLIS = 5_000;

/** Ends the session when it is over, or when nobody has been there for a while. */
function useExpiry(): void {
  useEffect(() => {
    const timer = setInterval(() => expire(), LOOK_MILLIS);
    const events = ["pointerdown", "keydown", "wheel"] as const;
    for (const event of events) addEventListener(event, touch, { passive: true });
    return () => {
      clearInterval(timer);
      for (const event of events) removeEventListener(event, touch);
    };
  }, []);
}

export function App() {
  const { session, ending } = useSyncExternalStore(subscribe, snapshot);
  const [, setMode] = useState(0);
  useExpiry();
  return (
    <I18nProvider locale="en" messages={[messages]}>
      {session ? (
        <NotificationsProvider key={session.keys.accessKeyId}>
          <Suspense fallback={<Spinner size="large" />}>
            <Shell session={session} onMode={() => setMode((count) => count + 1)} />
          </Suspense>
        </NotificationsProvider>
      ) : (
        <SignIn ending={ending} />
      )}
    </I18nProvider>
  );
}
