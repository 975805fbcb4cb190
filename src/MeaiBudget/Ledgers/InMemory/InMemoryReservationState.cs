namespace MeaiBudget;

/// <summary>What has happened to a reservation. A released one is forgotten at once.</summary>
internal enum InMemoryReservationState : byte
{
    Open,
    Expired,
    Unconfirmed,
    Settled,
}
