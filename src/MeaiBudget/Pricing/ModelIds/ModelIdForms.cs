using System.Text.RegularExpressions;

namespace MeaiBudget;

/// <summary>The other ways in which a model id may be written. Pure text; knows no prices.</summary>
internal static partial class ModelIdForms
{
    /// <summary>Takes known prefixes off from the left, one at a time, and the region out of them.</summary>
    internal static IEnumerable<ModelIdForm> WithoutPrefixes(ModelIdForm form)
    {
        string id = form.Id;
        string? provider = form.Provider;
        string? region = form.Region;
        bool known = true;

        // arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-...
        if (id.StartsWith("arn:", StringComparison.OrdinalIgnoreCase) && id.LastIndexOf('/') is > 0 and var last)
        {
            yield return new ModelIdForm(id[(last + 1)..], ProviderNames.Bedrock, region);
            yield break;
        }

        // projects/p/locations/us-east5/publishers/anthropic/models/claude-...
        if (VertexPath().Match(id) is { Success: true } path)
        {
            yield return new ModelIdForm(path.Groups["model"].Value, ProviderNames.Google, path.Groups["region"] is { Success: true } found ? found.Value : region);
            yield break;
        }

        while (true)
        {
            int slash = id.IndexOf('/');
            int colon = id.IndexOf(':');
            int cut = slash >= 0 ? slash : colon > 0 && ProviderNames.IsKnown(id[..colon]) ? colon : -1;
            if (cut < 0 || cut == id.Length - 1)
            {
                yield break;
            }

            string prefix = id[..cut];
            id = id[(cut + 1)..];
            if (ProviderNames.IsKnown(prefix))
            {
                provider = ProviderNames.Canonical(prefix);
            }
            else if (CloudRegion().IsMatch(prefix) && provider is not null)
            {
                region = prefix.ToLowerInvariant();
            }
            else if (prefix is not ("models" or "converse" or "invoke" or "responses" or "chat" or "deployments" or "accounts" or "tunedModels"))
            {
                known = false;
            }

            yield return new ModelIdForm(id, provider, region) { IsGuess = !known };
        }
    }

    /// <summary>Takes a Bedrock profile's region, a version suffix and a maker's prefix off.</summary>
    internal static IEnumerable<ModelIdForm> OfBedrock(ModelIdForm form)
    {
        Match match = BedrockId().Match(form.Id);
        if (!match.Success || (!match.Groups["region"].Success && !match.Groups["maker"].Success && form.Provider != ProviderNames.Bedrock))
        {
            yield break;
        }

        string? region = match.Groups["region"].Success ? match.Groups["region"].Value.ToLowerInvariant() : form.Region;
        string maker = match.Groups["maker"].Value;
        string name = match.Groups["name"].Value;
        string version = match.Groups["version"].Value;
        ModelIdForm bedrock = form with { Provider = ProviderNames.Bedrock, Region = region };
        yield return bedrock with { Id = maker + name + version };
        if (version.Length > 0)
        {
            yield return bedrock with { Id = maker + name };
        }

        if (maker.Length > 0)
        {
            yield return bedrock with { Id = name };

            // The maker's own list price: near, but the platform may ask more.
            yield return new ModelIdForm(name, ProviderNames.Canonical(maker.TrimEnd('.')), region) { IsGuess = true };
        }
    }

    /// <summary>Takes a date or a three-digit version off the end.</summary>
    internal static string? WithoutDate(string id)
    {
        Match match = DateSuffix().Match(id);
        return match is { Success: true, Index: > 0 } ? id[..match.Index] : null;
    }

    /// <summary>Gives the fine-tuned base (<c>ft:gpt-4o-2024-08-06</c>) of a fine-tuned model's id, which has a price of its own.</summary>
    internal static string? FineTunedBase(string id)
    {
        if (!id.StartsWith("ft:", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        int end = id.IndexOf(':', 3);
        return end < 0 ? null : id[..end];
    }

    /// <summary>Gives one spelling to ids that differ in punctuation, in <c>-latest</c>, or in the order of name and version.</summary>
    internal static string Normal(string id)
    {
        string normal = Latest().Replace(id.ToLowerInvariant(), string.Empty).Replace('.', '-').Replace('_', '-');
        normal = normal.Replace("gpt-35", "gpt-3-5", StringComparison.Ordinal);
        Match claude = ClaudeVersionFirst().Match(normal);
        return claude.Success ? $"claude-{claude.Groups["family"].Value}-{claude.Groups["version"].Value}{claude.Groups["rest"].Value}" : normal;
    }

    [GeneratedRegex(@"^(?:projects/[^/]+/)?(?:locations/(?<region>[^/]+)/)?publishers/[^/]+/models/(?<model>[^/]+)$", RegexOptions.IgnoreCase)]
    private static partial Regex VertexPath();

    [GeneratedRegex(@"^(?:[a-z]{2,4}(?:-gov)?-[a-z]+-?\d{1,2}|us|eu|uk|apac|jp|au|ca|global|global-standard|us-gov)$", RegexOptions.IgnoreCase)]
    private static partial Regex CloudRegion();

    [GeneratedRegex(@"^(?:(?<region>us-gov|us|eu|apac|jp|au|ca|global)\.)?(?<maker>(?:anthropic|amazon|meta|mistral|deepseek|openai|cohere|ai21|qwen|google|minimax|moonshot|moonshotai|nvidia|writer|zai|xai|twelvelabs)\.)?(?<name>[^.:/].*?)(?<version>(?:-v\d+)?(?::\d+)?)$", RegexOptions.IgnoreCase)]
    private static partial Regex BedrockId();

    [GeneratedRegex(@"(?:[-@:](?:\d{4}-\d{2}-\d{2}|20\d{6}|\d{2}-20\d{2})(?:-v\d+)?|-(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])|-00\d|@default)$")]
    private static partial Regex DateSuffix();

    [GeneratedRegex(@"[-@:]latest$")]
    private static partial Regex Latest();

    [GeneratedRegex(@"^claude-(?<version>\d(?:-\d)?)-(?<family>opus|sonnet|haiku|fable)(?<rest>.*)$")]
    private static partial Regex ClaudeVersionFirst();
}
