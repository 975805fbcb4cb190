namespace MeaiBudget;

/// <summary>What an HTTP error status says about a request: whether a model may have run. One table for the charge and for the failure.</summary>
/// <remarks>
/// Sources: RFC 9110 (408, 502, 504); Cloudflare's documentation of its 520 to 530; nginx (499); AWS Elastic Load Balancing (460); Amazon
/// Bedrock's errors of InvokeModel (408 ModelTimeoutException, 424 ModelErrorException).
/// </remarks>
internal static class WireStatus
{
    /// <summary>
    /// Returns true if the request may have reached a model whose answer was lost: it may still run and be billed. A 408 belongs here although
    /// RFC 9110 means an incomplete request by it, because LiteLLM and Bedrock answer it when the model took too long.
    /// </summary>
    public static bool IsInterrupted(int status) => status
        is 408 or 504 or 598 or 599       // a time-out of the provider, or of a proxy that waits for it
        or 460 or 499                     // a load balancer or nginx saw the client's side of the connection close
        or 520                            // Cloudflare: the origin's answer was empty or cannot be understood
        or 522                            // Cloudflare: no connection in time, or no acknowledgement of a request that was sent
        or 524                            // Cloudflare: connected, and no answer in time
        or 527;                           // Cloudflare's Railgun: the connection to the origin was interrupted

    /// <summary>Returns true if a proxy did not reach the server that it forwards to, so no model ran.</summary>
    public static bool IsUnreached(int status) => status
        is 521                            // Cloudflare: the origin refused the connection
        or 523                            // Cloudflare: there is no route to the origin
        or 525 or 526                     // Cloudflare: the TLS handshake failed, or the certificate is not valid
        or 530;                           // Cloudflare: the origin's name is not resolved, or its tunnel is down

    /// <summary>Returns true if the server refused the request before a model ran: no capacity, or an error of the client.</summary>
    public static bool IsRefused(int status) => status is < 500 and not 424 and not 460 and not 408 and not 499 or 503 or 529;
}
