using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Reads the tags of a call: the text and number entries of <see cref="ChatOptions.AdditionalProperties"/>.</summary>
internal static class CallTags
{
    public static IReadOnlyDictionary<string, string>? Of(ChatOptions? options)
    {
        if (options?.AdditionalProperties is not { Count: > 0 } properties)
        {
            return null;
        }

        Dictionary<string, string>? tags = null;
        foreach ((string name, object? value) in properties)
        {
            if (value is string or IFormattable)
            {
                (tags ??= new(StringComparer.Ordinal))[name] = value as string
                    ?? ((IFormattable)value).ToString(null, System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        return tags;
    }
}
