using System.Globalization;

namespace MeaiBudget;

/// <summary>Thrown when budgets refused every candidate of a call. The refused attempts sent nothing.</summary>
/// <example>
/// <code>
/// try
/// {
///     await client.GetResponseAsync("What is the capital of Italy?");
/// }
/// catch (BudgetExceededException exception)
/// {
///     SpendRefusal refusal = exception.Refusal;
///     Console.WriteLine($"The budget '{refusal.Budget}' has {refusal.Limit - refusal.Spent - refusal.Held} USD left; the call may cost {refusal.Wanted}.");
///     Console.WriteLine($"Try again after {refusal.RetryAfter}.");
/// }
/// </code>
/// </example>
public class BudgetExceededException : InvalidOperationException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="refusal">The refusal.</param>
    public BudgetExceededException(SpendRefusal refusal)
        : base(Describe(refusal)) => Refusal = refusal;

    /// <summary>Gets the refusal: budget, key, limit, spent, held and wanted amounts, and when to try again.</summary>
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
            RefusalReason.Spent when refusal.IsBeyondLimit => $"is too small for the request, which alone needs more than the whole limit ({amounts}); lower ChatOptions.MaxOutputTokens, shorten the input, or raise the limit",
            RefusalReason.Spent when refusal.Spent < refusal.Limit => $"has too little left for the request ({amounts}); ask for less, raise the limit, or grant more with CostTracker.GrantAsync",
            RefusalReason.Spent => $"is spent ({amounts}); raise the limit, or grant more with CostTracker.GrantAsync, to continue before it resets",
            RefusalReason.Held => $"is held by calls in progress ({amounts}); try again when they have ended, or raise Budget.MaxWait to wait longer for them",
            RefusalReason.UnknownPrice => $"refuses a model whose price is not known. {refusal.Advice ?? "Add its price to the catalog."} Or set the budget's UnknownPriceBehavior",
            RefusalReason.UnboundedInput => "refuses a request whose cost cannot be bounded (hosted files, server tools, unseen history, or images and sound); set the budget's UnboundedInputBehavior to reserve the context window, or set GeneratorBounds for an image or speech generator",
            RefusalReason.UnseenRawRequest => $"refuses a raw request (ChatOptions.RawRepresentationFactory) that cannot be read before it is sent, since {refusal.Advice} Or set BudgetOptions.UnseenRawRequestBehavior to reserve the model's limits",
            RefusalReason.MissingTag => $"requires a tag: {refusal.Advice}. Set it in ChatOptions.AdditionalProperties, or for all calls of a flow with BudgetRun.UseTags",
            RefusalReason.Stopped => $"was stopped by an operator ({refusal.Advice}); resume it with CostTracker.ResumeAsync or `meaibudget budget resume`",
            RefusalReason.LedgerUnavailable => "refuses because its ledger failed; set LedgerFailureBehavior.Allow to admit calls without a check in that case",
            _ => "has ended; begin a new run with BudgetRun.Begin",
        };
        string when = refusal.ResetsAt is { } resets
            ? string.Create(CultureInfo.InvariantCulture, $" It resets at {resets:u}.")
            : refusal.RetryAfter is { } after
                ? string.Create(CultureInfo.InvariantCulture, $" Try again in {after.TotalSeconds:0.#} s.")
                : "";
        return $"Budget '{refusal.Budget}'{key} {what}.{when}";
    }
}
