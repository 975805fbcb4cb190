using System.Globalization;

namespace MeaiBudget;

/// <summary>Thrown when budgets refused every way to answer a call. Nothing was sent by the refused attempts.</summary>
public class BudgetExceededException : InvalidOperationException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="refusal">What the budget said.</param>
    public BudgetExceededException(SpendRefusal refusal)
        : base(Describe(refusal)) => Refusal = refusal;

    /// <summary>Gets what the budget said: which one, its key, limit, spent, held, wanted, and when to come back.</summary>
    public SpendRefusal Refusal { get; }

    private static string Describe(SpendRefusal refusal)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        string key = refusal.Key.Length == 0 ? "" : $" for '{refusal.Key}'";
        string amounts = string.Create(
            CultureInfo.InvariantCulture,
            $"limit {refusal.Limit}, spent {refusal.Spent}, held {refusal.Held}, wanted {refusal.Wanted} {refusal.Unit}");
        string what = refusal.Reason switch
        {
            RefusalReason.Spent => $"is spent ({amounts})",
            RefusalReason.Held => $"is held by calls under way ({amounts})",
            RefusalReason.UnknownPrice => "refuses a model whose price is not known; add its price to the catalog, or set the budget's UnknownPriceBehavior",
            RefusalReason.UnboundedInput => "refuses a request whose cost cannot be bounded (hosted files, server tools, unseen history, or images and sound); set the budget's UnboundedInputBehavior to reserve the context window, or say what an image or speech generator takes at most (GeneratorBounds)",
            RefusalReason.LedgerUnavailable => "cannot ask its ledger and refuses, as it is set to",
            _ => "has ended; begin a new run",
        };
        string when = refusal.ResetsAt is { } resets
            ? string.Create(CultureInfo.InvariantCulture, $" It resets at {resets:u}.")
            : refusal.RetryAfter is { } after
                ? string.Create(CultureInfo.InvariantCulture, $" Try again in {after.TotalSeconds:0.#} s.")
                : "";
        return $"Budget '{refusal.Budget}'{key} {what}.{when}";
    }
}
