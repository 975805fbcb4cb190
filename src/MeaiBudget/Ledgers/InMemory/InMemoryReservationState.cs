namespace MeaiBudget;

/// <summary>What has happened to a reservation.</summary>
internal enum InMemoryReservationState : byte
{
    Open,
    Expired,
    Unconfirmed,
    Settled,

    /// <summary>Remembered only so that a later settlement counts as overrun; unknown for everything else.</summary>
    Released,
}
