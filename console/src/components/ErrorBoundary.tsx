import { Component, type ReactNode } from "react";
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import { t } from "../i18n";

/** A page that breaks takes nothing else with it; another address is another try. */
export class ErrorBoundary extends Component<{ place: string; children: ReactNode }, { broken: Error | null }> {
  override state: { broken: Error | null } = { broken: null };

  static getDerivedStateFromError(broken: Error) {
    return { broken };
  }

  override componentDidUpdate(before: { place: string }) {
    if (before.place !== this.props.place && this.state.broken) this.setState({ broken: null });
  }

  override render() {
    const { broken } = this.state;
    if (!broken) return this.props.children;
    const again = <Button onClick={() => this.setState({ broken: null })}>{t.common.tryAgain}</Button>;
    return (
      <Alert type="error" header={t.errors.broken} action={again}>
        {broken.message}
      </Alert>
    );
  }
}
