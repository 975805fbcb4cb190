namespace MeaiBudget;

/// <summary>The result of a <see cref="SpendRequest"/>: an amount that is held until it is settled or released, or a refusal. Immutable.</summary>
public class SpendReservation
{
    internal SpendReservation()
    {
    }

    /// <summary>Gets the request.</summary>
    public required SpendRequest Request { get; init; }

    /// <summary>Gets a value indicating whether the attempt was admitted.</summary>
    public bool IsAdmitted => Refusal is null;

    /// <summary>Gets why it was refused; <see langword="null"/> if it was admitted.</summary>
    public SpendRefusal? Refusal { get; init; }

    /// <summary>Gets how the model's price was found.</summary>
    public required PriceResolution Price { get; init; }

    /// <summary>Gets the reserved amount in nano-dollars, rounded up.</summary>
    public long NanoDollars { get; init; }

    /// <summary>Gets a value indicating whether an enforcing budget admitted it. Streams then end at the reserved output.</summary>
    public bool IsEnforced { get; init; }

    /// <summary>Gets the names of the budgets that apply; for a refusal, of the one that refused.</summary>
    public IReadOnlyList<string> Budgets { get; init; } = [];
}
