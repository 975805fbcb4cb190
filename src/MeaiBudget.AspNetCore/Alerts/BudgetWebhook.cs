using System.Text;
using System.Text.Json;

namespace MeaiBudget;

/// <summary>Where alerts are sent to. The address often holds a secret, so it appears in no log, metric or <see cref="ToString"/>.</summary>
public sealed class BudgetWebhook
{
    /// <summary>The template that Slack, Mattermost, Rocket.Chat, Google Chat and Teams' incoming webhooks understand.</summary>
    public const string TextTemplate = """{"text": "{{text}}"}""";

    private static readonly string[] Names = ["text", "title", "status", "severity", "count", "node", "at"];

    /// <summary>Creates a webhook.</summary>
    /// <param name="address">The address, http or https.</param>
    /// <param name="template">
    /// The body: JSON in which <c>{{text}}</c>, <c>{{title}}</c>, <c>{{status}}</c> (<c>firing</c> or <c>resolved</c>), <c>{{severity}}</c>
    /// (<c>warning</c> or <c>critical</c>), <c>{{count}}</c>, <c>{{node}}</c> and <c>{{at}}</c> (UTC) inside of strings are replaced.
    /// </param>
    /// <exception cref="ArgumentException">The address is not http or https, or the template is not JSON or has a name that does not exist.</exception>
    public BudgetWebhook(Uri address, string template = TextTemplate)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(template);
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
        {
            throw new ArgumentException("The address of a webhook must begin with https:// or http://.", nameof(address));
        }

        Address = address;
        Template = template;
        string filled = Fill(name => name);
        int open = filled.IndexOf("{{", StringComparison.Ordinal);
        if (open >= 0 && filled.IndexOf("}}", open, StringComparison.Ordinal) is > 0 and int end && filled.AsSpan(open + 2, end - open - 2).IndexOfAnyExceptInRange('a', 'z') < 0)
        {
            throw new ArgumentException($"The template has the name '{filled[(open + 2)..end]}', which does not exist. Use {string.Join(", ", Names)}.", nameof(template));
        }

        try
        {
            using var body = JsonDocument.Parse(filled);
        }
        catch (JsonException exception)
        {
            throw new ArgumentException($"The template is not JSON: {exception.Message} Put names such as {{{{text}}}} inside of strings.", nameof(template));
        }
    }

    /// <summary>Gets the headers of every request, for example <c>Authorization</c>.</summary>
    public IDictionary<string, string> Headers { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    internal Uri Address { get; }

    internal string Template { get; }

    /// <summary>Returns the host, without the path and query, which may hold a secret.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"webhook at {Address.Host}";

    /// <summary>Writes the body. Values become parts of JSON strings, whatever they contain.</summary>
    internal string Fill(Func<string, string> value)
    {
        string body = Template;
        foreach (string name in Names)
        {
            if (body.Contains("{{" + name + "}}", StringComparison.Ordinal))
            {
                body = body.Replace("{{" + name + "}}", JsonEncodedText.Encode(Valid(value(name)).Replace("{{", "{ {", StringComparison.Ordinal)).ToString(), StringComparison.Ordinal);
            }
        }

        return body;
    }

    /// <summary>Returns a text without halves of surrogate pairs, which JSON cannot have; names of tenants are whatever callers pass.</summary>
    private static string Valid(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
