namespace MeaiBudget;

/// <summary>Names an account and the periods to add up.</summary>
/// <param name="Account">The account.</param>
/// <param name="FirstPeriod">The first period index.</param>
/// <param name="Period">The last period index. A range also includes later periods, as many as it is long; see <see cref="LedgerLine.FirstPeriod"/>.</param>
public readonly record struct LedgerAccountQuery(string Account, long FirstPeriod, long Period)
{
    /// <summary>Checks the query; a ledger calls this before it reads.</summary>
    /// <exception cref="ArgumentException">The account is <see langword="null"/>, or the first period lies after the last.</exception>
    public void Validate()
    {
        if (Account is null)
        {
            throw new ArgumentException("The query has no account.");
        }

        if (FirstPeriod > Period)
        {
            throw new ArgumentException($"The query of account '{Account}': FirstPeriod ({FirstPeriod}) must not lie after Period ({Period}).");
        }
    }
}
