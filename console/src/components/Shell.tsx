/** The frame of every page: navigation on top and at the side, breadcrumbs, what happened. */
import { lazy, Suspense, useEffect, useState } from "react";
import AppLayout from "@cloudscape-design/components/app-layout";
import Box from "@cloudscape-design/components/box";
import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import Flashbar from "@cloudscape-design/components/flashbar";
import SideNavigation from "@cloudscape-design/components/side-navigation";
import Spinner from "@cloudscape-design/components/spinner";
import TopNavigation, { type TopNavigationProps } from "@cloudscape-design/components/top-navigation";
import { end, leaveRole, type Session } from "../api/session";
import { asShown, Page, breadcrumbs } from "../pages/pages";
import { navigate, useRoute, type Route } from "../router";
import { t } from "../i18n";
import { ErrorBoundary } from "./ErrorBoundary";
import { isDark, toggleMode } from "./mode";
import { useNotifications } from "./notifications";

const SwitchRole = lazy(() => import("../pages/sign-in/SwitchRole"));

const navigation = [
  { type: "link", text: t.nav.buckets, href: "#/buckets" },
  { type: "divider" },
  { type: "link", text: t.nav.account, href: "#/account" },
  {
    type: "section",
    text: t.nav.iam,
    items: (["users", "groups", "roles", "policies", "simulator"] as const).map((page) => ({
      type: "link" as const,
      text: t.nav[page],
      href: `#/iam/${page}`,
    })),
  },
  { type: "divider" },
  { type: "link", text: t.nav.why, href: "#/why" },
  { type: "link", text: t.nav.health, href: "#/health" },
] as const;

/** The entry of the navigation that a page belongs to. */
function activeHref(route: Route): string {
  const segments = asShown(route);
  if (segments[0] === "create-bucket") return "#/buckets";
  return `#/${segments.slice(0, segments[0] === "iam" ? 2 : 1).join("/")}`;
}

function short(arn: string): string {
  return arn.split(":").at(-1) ?? arn;
}

function userMenu(session: Session, onSwitch: () => void): TopNavigationProps.Utility {
  const { identity, before } = session;
  return {
    type: "menu-dropdown",
    iconName: "user-profile",
    text: `${short(identity.arn)} @ ${identity.account}`,
    description: identity.arn,
    items: [
      { id: "until", text: t.nav.until(session.expires.toLocaleTimeString()), disabled: true },
      ...(before ? [{ id: "back", text: t.nav.leaveRole }] : [{ id: "switch", text: t.nav.switchRole }]),
      { id: "out", text: t.nav.signOut },
    ],
    onItemClick: ({ detail }) => {
      if (detail.id === "out") end("signed-out");
      if (detail.id === "back") leaveRole();
      if (detail.id === "switch") onSwitch();
    },
  };
}

export default function Shell({ session, onMode }: { session: Session; onMode: () => void }) {
  const route = useRoute();
  const { items } = useNotifications();
  const [navigationOpen, setNavigationOpen] = useState(innerWidth > 1000);
  const [switching, setSwitching] = useState(false);
  const crumbs = breadcrumbs(route);
  const title = crumbs.at(-1)?.text ?? t.common.product;
  useEffect(() => {
    document.title = `${title} · ${t.common.product}`;
  }, [title]);
  const mode: TopNavigationProps.Utility = {
    type: "button",
    iconName: "settings",
    text: isDark() ? t.nav.light : t.nav.dark,
    title: isDark() ? t.nav.light : t.nav.dark,
    onClick: () => {
      toggleMode();
      onMode();
    },
  };
  return (
    <>
      <div id="top">
        <TopNavigation
          identity={{ href: "#/buckets", title: t.common.product }}
          utilities={[mode, userMenu(session, () => setSwitching(true))]}
        />
      </div>
      <AppLayout
        headerSelector="#top"
        toolsHide
        navigationOpen={navigationOpen}
        onNavigationChange={({ detail }) => setNavigationOpen(detail.open)}
        navigation={
          <SideNavigation
            header={{ text: t.nav.storage, href: "#/buckets" }}
            activeHref={activeHref(route)}
            items={navigation as never}
            onFollow={() => innerWidth <= 688 && setNavigationOpen(false)}
          />
        }
        breadcrumbs={
          <BreadcrumbGroup
            items={crumbs}
            onFollow={(event) => {
              event.preventDefault();
              navigate(event.detail.href);
            }}
          />
        }
        notifications={<Flashbar items={items} stackItems />}
        ariaLabels={{ navigation: t.nav.side, navigationClose: t.nav.close, navigationToggle: t.nav.open, notifications: t.nav.notifications }}
        content={
          <ErrorBoundary place={route.hash}>
            <Suspense fallback={<Box textAlign="center" padding="xxl"><Spinner size="large" /></Box>}>
              <Page route={route} />
            </Suspense>
          </ErrorBoundary>
        }
      />
      {switching && (
        <Suspense>
          <SwitchRole onClose={() => setSwitching(false)} />
        </Suspense>
      )}
    </>
  );
}
