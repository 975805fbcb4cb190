using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>Asks the base address of each provider for an answer of any kind. No key and no prompt is sent.</summary>
internal static class AddressDiagnosis
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task CheckAsync(AppConfiguration app, TimeProvider clock, DoctorFindings findings, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = Patience };
        using var http = new HttpClient(handler) { Timeout = Patience };
        bool hasClock = false;
        foreach ((string name, ProviderSettings provider) in app.Options.Providers)
        {
            string? address = provider.BaseUrl ?? app.Facts.FactoryOf(provider)?.DefaultBaseUrl;
            if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
            {
                continue;
            }

            string check = $"address of {name}";
            string shown = uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
            try
            {
                DateTimeOffset before = clock.GetUtcNow();
                using HttpResponseMessage answer = await http.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
                if ((int)answer.StatusCode >= 500)
                {
                    findings.Warn(check, string.Create(CultureInfo.InvariantCulture, $"{shown} answers with HTTP {(int)answer.StatusCode}."), "The service or a proxy before it is in trouble; look at its status page.");
                }
                else
                {
                    findings.Ok(check, string.Create(CultureInfo.InvariantCulture, $"{shown} answers (HTTP {(int)answer.StatusCode}, without a key)."));
                }

                if (!hasClock && answer.Headers.Date is { } date)
                {
                    // The header has whole seconds.
                    hasClock = true;
                    LedgerDiagnosis.CheckClock(shown, date, before - TimeSpan.FromSeconds(1), clock.GetUtcNow(), findings);
                }
            }
            catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                string reason = exception is HttpRequestException ? exception.GetBaseException().Message.TrimEnd('.') : string.Create(CultureInfo.InvariantCulture, $"no answer within {Patience.TotalSeconds:0} s");
                findings.Fail(check, $"{shown} does not answer: {reason}.", "Check \"BaseUrl\", the network and proxies (HTTPS_PROXY), and that a server of your own runs.");
            }
        }
    }
}
