using System.Globalization;
using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>Finds an Ollama server and its models.</summary>
internal static class OllamaServer
{
    private const int UsualPort = 11434;

    /// <summary>Returns the URL in <c>OLLAMA_HOST</c>, interpreted as Ollama's own client does; the default URL if it is not set.</summary>
    /// <remarks>Without scheme and port, Ollama's default port is used. An address that means all interfaces becomes localhost.</remarks>
    public static string AddressOf(string? host)
    {
        host = host?.Trim();
        if (host is not { Length: > 0 })
        {
            return $"http://localhost:{UsualPort}";
        }

        if (host.Contains("://", StringComparison.Ordinal))
        {
            return host;
        }

        // An unknown scheme has no default port.
        if (!Uri.TryCreate("ollama://" + (host[0] == ':' ? "localhost" + host : host), UriKind.Absolute, out Uri? named))
        {
            return "http://" + host;
        }

        string name = named.Host is "0.0.0.0" or "[::]" ? "localhost" : named.Host;
        return $"http://{name}:{(named.Port < 0 ? UsualPort : named.Port).ToString(CultureInfo.InvariantCulture)}{named.AbsolutePath.TrimEnd('/')}";
    }

    /// <summary>Returns a model of the server; null if no server answers or it has no models.</summary>
    public static async Task<string?> FirstModelAsync(string address, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        try
        {
            await using Stream body = await http.GetStreamAsync(new Uri(new Uri(address.TrimEnd('/') + "/"), "api/tags"), cancellationToken);
            using JsonDocument tags = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
            return tags.RootElement.GetProperty("models").EnumerateArray().Select(model => model.GetProperty("name").GetString()).FirstOrDefault();
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or KeyNotFoundException or UriFormatException
            || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
