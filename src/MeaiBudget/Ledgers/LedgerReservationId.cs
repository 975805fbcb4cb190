namespace MeaiBudget;

/// <summary>Identifies one reservation forever. All operations on it carry this id, which makes repeating them safe.</summary>
/// <param name="CallId">The call.</param>
/// <param name="Attempt">The attempt within the call, from 1.</param>
/// <param name="Owner">The name of the tracker or run that reserves, since several may reserve for one attempt; may be empty.</param>
public readonly record struct LedgerReservationId(Guid CallId, int Attempt, string Owner)
{
    /// <summary>Returns call, attempt and owner, for messages.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{CallId:D}/{Attempt} of '{Owner}'";

    /// <summary>Checks the id; a ledger calls this before it changes anything.</summary>
    /// <exception cref="ArgumentException">The owner is <see langword="null"/>.</exception>
    public void Validate()
    {
        if (Owner is null)
        {
            throw new ArgumentException($"The reservation of call {CallId}, attempt {Attempt}, has no owner.");
        }
    }
}
