using System.Globalization;
using System.Text.Json;

namespace MeaiBudget.Testing;

/// <summary>Finds what a measured request sent to a simulator of this process, with what only the wire shows.</summary>
internal static class SimulatedWire
{
    private const string IdPrefix = "req_sim";

    /// <summary>Returns the simulator's request; null if no simulator of this process answered.</summary>
    /// <param name="providerUri">The address of the client.</param>
    /// <param name="attempt">The receipt of the request.</param>
    public static SimulatedRequest? RequestOf(Uri? providerUri, AttemptReceipt attempt)
    {
        if (ProviderSimulator.At(providerUri) is not { } simulator)
        {
            return null;
        }

        // Clients without our HTTP handler do not expose the id. Then the last answer with the same usage is it.
        return attempt.RequestId is { } id && id.StartsWith(IdPrefix, StringComparison.Ordinal) && int.TryParse(id.AsSpan(IdPrefix.Length), out int number)
            ? simulator.Requests.LastOrDefault(request => request.Number == number)
            : simulator.Requests.LastOrDefault(request => request.Billed.InputTokens == attempt.Usage.InputTokens);
    }

    /// <summary>Returns the reasoning effort, or the budget of tokens to think, that a request asks for; null if it asks for none.</summary>
    public static string? ReasoningEffortOf(SimulatedRequest? request)
    {
        if (request?.Json is not { ValueKind: JsonValueKind.Object } json)
        {
            return null;
        }

        string? effort = json.String("reasoning_effort") ?? json.Member("reasoning").String("effort") ?? json.Member("output_config").String("effort");
        return effort is { Length: > 0 } ? char.ToUpperInvariant(effort[0]) + effort[1..]
            : json.Member("thinking").Member("budget_tokens") is { ValueKind: JsonValueKind.Number } budget ? string.Create(CultureInfo.InvariantCulture, $"{budget} tokens")
            : null;
    }
}
