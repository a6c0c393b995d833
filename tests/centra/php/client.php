<?php
// php client.php WSDL ENDPOINT OPERATION ARGUMENTS-AS-JSON: prints what SoapClient makes of the reply, as JSON.
[, $wsdl, $endpoint, $operation, $arguments] = $argv;
$client = new SoapClient($wsdl, [
    'location' => $endpoint,
    'cache_wsdl' => WSDL_CACHE_NONE,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
    'exceptions' => true,
]);
try {
    echo json_encode(['reply' => $client->__soapCall($operation, [json_decode($arguments, true)])]);
} catch (SoapFault $fault) {
    echo json_encode(['fault' => $fault->getMessage()]);
}
