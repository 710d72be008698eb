import { Button, ConfirmModal } from '@grafana/ui';
import React, { useState } from 'react';

interface Props {
  id: string;
  /** Whether there is anything to lose: one that was never saved goes at once. */
  saved: boolean;
  onRemove: () => void;
}

/** Takes a source out of the settings; of one that is saved, it asks first. */
export function RemoveSource({ id, saved, onRemove }: Props) {
  const [asking, setAsking] = useState(false);
  return (
    <div>
      <Button
        variant="destructive"
        fill="outline"
        size="sm"
        icon="trash-alt"
        onClick={() => (saved ? setAsking(true) : onRemove())}
      >
        Remove source {id}
      </Button>
      <ConfirmModal
        isOpen={asking}
        title={`Remove source ${id}?`}
        body="It is read no more, and its secrets are forgotten, once the settings are saved. Until then, leaving this page takes it back."
        confirmText="Remove"
        onConfirm={() => {
          setAsking(false);
          onRemove();
        }}
        onDismiss={() => setAsking(false)}
      />
    </div>
  );
}
