namespace MeaiBudget;

/// <summary>What is reserved for an answer that a provider makes in the background. One response has one bill, whoever fetches it. Thread-safe.</summary>
/// <param name="cover">What the start reserved.</param>
internal sealed class BackgroundBill(SendCover cover)
{
    private const int Open = 0;
    private const int Unconfirmed = 1;
    private const int Confirmed = 2;

    private int _state;

    /// <summary>Gets what the start reserved.</summary>
    public SendCover Cover { get; } = cover;

    /// <summary>Gets a value indicating whether what the answer cost is known, so that nothing is left to settle.</summary>
    public bool IsConfirmed => Volatile.Read(ref _state) == Confirmed;

    /// <summary>Returns true for the caller that settles: the first with an unconfirmed amount, and the first with a confirmed one.</summary>
    public bool TrySettle(bool isConfirmed) => isConfirmed
        ? Interlocked.Exchange(ref _state, Confirmed) != Confirmed
        : Interlocked.CompareExchange(ref _state, Unconfirmed, Open) == Open;
}
