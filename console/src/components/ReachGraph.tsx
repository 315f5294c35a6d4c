/** Who → by which rule → what, as boxes; to a screen reader it is a list of sentences. */
import type { Reach } from "../api/reach";
import { t } from "../i18n";

const MAY_SHOWN = 4;

function viaText({ via, sid }: Reach): string {
  return via === "policy" && sid ? `${t.reach.via.policy} (${sid})` : t.reach.via[via];
}

function mayText({ via, may }: Reach): string {
  if (via === "owner") return t.reach.everything;
  return may.length > MAY_SHOWN ? `${may.slice(0, MAY_SHOWN).join(", ")} ${t.common.more(may.length - MAY_SHOWN)}` : may.join(", ");
}

export function ReachGraph({ lines }: { lines: Reach[] }) {
  return (
    <div role="list" aria-label={t.reach.title}>
      {lines.map((line, index) => {
        const kind = line.blockedBy ? "reach-box blocked" : line.isPublic ? "reach-box public" : "reach-box";
        return (
          <div role="listitem" className="reach" key={index}>
            <div className={kind}>{line.who}</div>
            <span className="reach-arrow" aria-hidden="true">→</span>
            <div className={kind}>{viaText(line)}{line.blockedBy && <div>{t.reach.blocked[line.blockedBy]}</div>}</div>
            <span className="reach-arrow" aria-hidden="true">→</span>
            <div className={kind}>{mayText(line)}</div>
          </div>
        );
      })}
    </div>
  );
}
