using System.Globalization;

namespace MeaiBudget.Testing;

/// <summary>The place where two requests of a scenario stop sharing a prefix that a provider could have read from its cache. Immutable.</summary>
public sealed record PrefixBreak
{
    /// <summary>Gets the number of the earlier request.</summary>
    public required int Earlier { get; init; }

    /// <summary>Gets the number of the later request, which had to be read again.</summary>
    public required int Later { get; init; }

    /// <summary>Gets the model of both requests.</summary>
    public required string Model { get; init; }

    /// <summary>Gets where they differ, for example <c>the instructions</c>, <c>the definition of the tool 'search'</c> or <c>message 3 (user)</c>.</summary>
    public required string Place { get; init; }

    /// <summary>Gets the index of the first different character at that place, from 0.</summary>
    public int Character { get; init; }

    /// <summary>Gets the text around the difference in the earlier request, shortened, without secrets.</summary>
    public string Before { get; init; } = "";

    /// <summary>Gets the text around the difference in the later request, shortened, without secrets.</summary>
    public string After { get; init; } = "";

    /// <summary>Gets what probably caused the difference, for example <c>the tools are in another order</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>Gets the tokens before the difference.</summary>
    public long SharedTokens { get; init; }

    /// <summary>Gets the tokens that could have been read from the cache, and are not because of the difference. Prefixes of less than 1,024 tokens are not cached.</summary>
    public long LostTokens { get; init; }

    /// <summary>Gets the cost of the lost tokens in US dollars: the difference between the input price and the price of cached input.</summary>
    public decimal Cost { get; init; }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"Request {Later} shares only {SharedTokens:N0} tokens with request {Earlier} ({Model}): {Reason}. First difference: {Place}, character {Character}: '{Before}' became '{After}'. {(LostTokens == 0 ? "Nothing is lost: a prefix of less than 1,024 tokens is not cached." : $"{LostTokens:N0} tokens cannot be read from the cache, which costs ${Cost}.")}");
}
