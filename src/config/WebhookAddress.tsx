import { css } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import { config } from '@grafana/runtime';
import { ClipboardButton, Text, TextLink, useStyles2 } from '@grafana/ui';
import React from 'react';
import { SecretField } from './SecretField';
import { addressOf, senderOf } from './sender';
import { Secret } from '../settings/secrets';
import { docs } from '../settings/docs';
import { Source } from '../settings/settings';
import { systemOf } from '../settings/systems';

interface Props {
  /** Of the data source; a source that is not saved has no address yet. */
  uid: string;
  source: Source;
  secret: Secret;
  readOnly: boolean;
}

/** Where a source's webhooks go, what the sender is told, and the secret that proves who sent them. */
export function WebhookAddress({ uid, source, secret, readOnly }: Props) {
  const styles = useStyles2(getStyles);
  const address = addressOf(config.appUrl, uid, source.id);
  const sender = senderOf(source, address);
  const onlyTells = systemOf(source.type)?.reads.length === 0;
  return sender === undefined ? null : (
    <>
      <SecretField
        label="Webhook secret"
        description="That the sender knows; without one, that of all sources."
        secret={secret}
        readOnly={readOnly}
      />
      {uid && (
        <details open={onlyTells || undefined}>
          <summary>Send webhooks of {source.id} here</summary>
          <Copied label="Copy address" text={address} />
          <p className={styles.words}>
            <Text color="secondary">
              SECRET is the webhook secret; without one, every call is refused. TOKEN is that of a{' '}
              <a className={styles.link} href={`${config.appSubUrl ?? ''}/org/serviceaccounts`}>
                service account
              </a>{' '}
              of this Grafana with the role Viewer, one for each sender; it only opens the door.{' '}
              <TextLink href={docs('webhooks')} external inline>
                All about webhooks
              </TextLink>
            </Text>
          </p>
          <Text color="secondary">{sender.place}</Text>
          <Copied label="Copy text for the sender" text={sender.text} />
        </details>
      )}
    </>
  );
}

function Copied({ label, text }: { label: string; text: string }) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.copied}>
      <pre className={styles.text} tabIndex={0} aria-label={label.replace('Copy ', '')}>
        {text}
      </pre>
      <ClipboardButton icon="copy" variant="secondary" size="sm" getText={() => text}>
        {label}
      </ClipboardButton>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  copied: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(1),
    alignItems: 'center',
    marginTop: theme.spacing(1),
  }),
  text: css({ margin: 0, maxWidth: '100%', overflowX: 'auto' }),
  words: css({ margin: theme.spacing(1, 0) }),
  link: css({ color: theme.colors.text.link, textDecoration: 'underline' }),
});
