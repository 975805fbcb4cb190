namespace MeaiBudget.Tests;

/// <summary>A handler of the application that sends again after an answer that is no success, as a resilience handler does.</summary>
internal sealed class ResendingHandler(HttpMessageHandler inner, int most) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (int i = 1; ; i++)
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            if (response.IsSuccessStatusCode || i == most)
            {
                return response;
            }

            await response.Content.ReadAsStringAsync(cancellationToken);
            response.Dispose();
        }
    }
}
