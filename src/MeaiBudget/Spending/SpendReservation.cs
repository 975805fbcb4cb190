namespace MeaiBudget;

/// <summary>A gate's answer to a <see cref="SpendRequest"/>: admitted and held until settled or released, or refused. Immutable.</summary>
public class SpendReservation
{
    internal SpendReservation()
    {
    }

    /// <summary>Gets what was asked.</summary>
    public required SpendRequest Request { get; init; }

    /// <summary>Gets a value indicating whether the attempt was admitted.</summary>
    public bool IsAdmitted => Refusal is null;

    /// <summary>Gets why it was refused; <see langword="null"/> if it was admitted.</summary>
    public SpendRefusal? Refusal { get; init; }

    /// <summary>Gets how the model's price was found.</summary>
    public required PriceResolution Price { get; init; }

    /// <summary>Gets what is reserved, in nano-dollars, rounded up.</summary>
    public long NanoDollars { get; init; }

    /// <summary>Gets a value indicating whether an enforcing budget stands behind the reservation: streams are cut at what was reserved.</summary>
    public bool IsEnforced { get; init; }

    /// <summary>Gets the names of the budgets it was taken from.</summary>
    public IReadOnlyList<string> Budgets { get; init; } = [];
}
